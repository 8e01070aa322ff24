"""What people read: `page` for a student, `class_report` for whoever teaches."""
